/** The worker of the page that runs a Program: asks its driver for it, runs it, and hands back what came out. */
import { UserError, type CodeArray } from '../../../src/numerics';
import { fromJSON, hbmTensors } from '../../../src/program';
import { EXECUTORS } from '../kernel/executors';
import { bytesOfCodes, codesOfBytes, DRIVER, type DrivenRequest, type FromDriven } from './protocol';

async function received(path: string): Promise<Response> {
  const response = await fetch(path);
  if (!response.ok) throw new Error(`the driver answers ${response.status} to ${path}`);
  return response;
}

async function post(path: string, body: BodyInit): Promise<void> {
  const response = await fetch(path, { method: 'POST', body });
  if (!response.ok) throw new Error(`the driver answers ${response.status} to ${path}`);
}

/** One after the other, so that they arrive in order. */
let told: Promise<void> = Promise.resolve();
function tell(message: FromDriven): Promise<void> {
  told = told.then(() => post(DRIVER.message, JSON.stringify(message)));
  return told;
}

async function run(): Promise<FromDriven> {
  const request = (await (await received(DRIVER.request)).json()) as DrivenRequest;
  const program = fromJSON(request.program);
  const inputs: Record<string, CodeArray> = {};
  for (const { name, dtype } of hbmTensors(program, 'input')) {
    const bytes = await (await received(DRIVER.input(name))).arrayBuffer();
    inputs[name] = codesOfBytes(dtype, new Uint8Array(bytes));
  }
  const { budget } = request;
  const onSteps = (steps: number): void => void tell({ type: 'progress', steps });
  const start = performance.now();
  const { outputs = {}, ...ran } = await EXECUTORS[request.executor].run({
    program,
    inputs,
    budget,
    onSteps,
  });
  const ms = performance.now() - start;
  for (const [name, codes] of Object.entries(outputs)) await post(DRIVER.output(name), bytesOfCodes(codes));
  return { type: 'ended', ran: { ...ran, ms } };
}

run()
  .catch((error: unknown): FromDriven => {
    const message = error instanceof Error ? error.message : String(error);
    return { type: error instanceof UserError ? 'refused' : 'failed', message };
  })
  .then(tell)
  .catch((error: unknown) => {
    throw error; // an `error` event of the worker, which the page shows
  });
