/** Which backend tfjs-core's specs run on. They ask as they are imported, so whoever calls this comes before them. */
import { setTestEnvs, TEST_ENVS } from '@tensorflow/tfjs-core/dist/jasmine_util';

/** The specs that read data synchronously are left out, as for each backend whose data come from a GPU. */
export function testBackend(backendName: string): void {
  setTestEnvs([{ name: backendName, backendName, isDataSync: false }]);
}

/** A spec's full name without the backend's, so that it is the same for all of them. Suites within suites name it twice. */
export function withoutBackend(fullName: string): string {
  return TEST_ENVS.reduce((name, { name: backend }) => name.replaceAll(` ${backend} {}`, ''), fullName);
}
