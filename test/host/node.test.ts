/** Adapters and devices in Node, on whatever adapters this machine has; without any, the refusals. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { listAdapters, openDevice } from '../../src/host/node';
import { UserError } from '../../src/numerics';
import { DIST, runModule } from './child';

const adapters = await listAdapters();
const NO_DRIVER = { VK_DRIVER_FILES: '/no/such/driver.json' };

describe.runIf(adapters.length > 0)('adapters', () => {
  it('lists each once, the one taken by default first, with its facts', async () => {
    const names = adapters.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    const host = await openDevice();
    expect(host.facts).toEqual(adapters[0]);
    expect(host.facts.limits['maxBufferSize']).toBeGreaterThan(0);
    host.close();
  });

  it.each(adapters)('opens $name by a part of its name, in any case', async ({ name, features }) => {
    const host = await openDevice({ adapter: name.slice(0, 8).toUpperCase() });
    expect(host.facts).toMatchObject({ name, features });
    expect(host.facts.reason).toContain('asked for by name');
    expect(host.device.limits.maxBufferSize).toBe(host.adapter.limits.maxBufferSize);
    host.close();
    expect(await host.lost).toMatchObject({ reason: 'destroyed' });
  });

  it('refuses an unknown name and lists what is there', async () => {
    const refused = openDevice({ adapter: 'no such adapter' });
    await expect(refused).rejects.toBeInstanceOf(UserError);
    await expect(refused).rejects.toThrow(
      `No adapter is named like "no such adapter". Found: ${adapters.map(({ name }) => name).join(', ')}.`,
    );
  });

  it('opens several devices at once; closing one, even twice, leaves the others', async () => {
    const [one, other] = await Promise.all([openDevice(), openDevice(), listAdapters()]);
    one.close();
    one.close();
    await other.device.queue.onSubmittedWorkDone();
    other.close();
  });

  it('lets the process exit by itself after close', async () => {
    const { code, stdout } = await runModule(`
      const host = await openDevice();
      console.log(host.facts.name);
      host.close();
      await host.lost;`);
    expect({ code, stdout }).toEqual({ code: 0, stdout: `${adapters[0]?.name ?? ''}\n` });
  });

  it.each(['const { device } = await openDevice();', 'const host = await openDevice(), { device } = host;'])(
    'survives garbage collection while a device is in use: %s',
    async (opening) => {
      const { code, stdout, stderr } = await runModule(
        `const settle = async () => {
          for (let round = 0; round < 20; round++) {
            globalThis.gc();
            await new Promise((resolve) => setTimeout(resolve, 5));
          }
        };
        await listAdapters();
        ${opening}
        await settle();
        const buffer = device.createBuffer({ size: 16, usage: 8 });
        device.queue.writeBuffer(buffer, 0, new Uint32Array(4));
        await device.queue.onSubmittedWorkDone();
        device.destroy();
        await settle();
        console.log('done');
        process.exit();`,
        { flags: ['--expose-gc'] },
      );
      expect({ code, stdout }, stderr).toEqual({ code: 0, stdout: 'done\n' });
    },
  );

  it('is seen from a worker thread once the main thread has looked', async () => {
    const { code, stdout, stderr } = await runModule(`
      const names = (await listAdapters()).map(({ name }) => name);
      const { Worker } = await import('node:worker_threads');
      const source = \`import { listAdapters } from 'file://${DIST}node.js';
        console.log((await listAdapters()).map(({ name }) => name).join());\`;
      await new Promise((resolve) =>
        new Worker(new URL('data:text/javascript,' + encodeURIComponent(source)), { stdout: false }).on('exit', resolve));
      console.log(names.join());`);
    const [seen, all] = stdout.trim().split('\n');
    expect({ code, seen }, stderr).toEqual({ code: 0, seen: all });
  });
});

describe.runIf(process.platform === 'linux')('without any adapter', () => {
  it('lists none, and opening says what keeps the drivers out', async () => {
    const { code, stdout } = await runModule(
      `console.log(await listAdapters());
      await openDevice().catch(({ name, message }) => console.log(name, message));`,
      { env: NO_DRIVER },
    );
    expect(code).toBe(0);
    expect(stdout).toMatch(/^\[\]\nUserError No WebGPU adapter: VK_DRIVER_FILES keeps .* Unset it/);
  });

  it('repeats the reason when an adapter is asked for by name', async () => {
    const { stdout } = await runModule(
      `await openDevice({ adapter: 'x' }).catch(({ message }) => console.log(message));`,
      { env: NO_DRIVER },
    );
    expect(stdout).toMatch(/^No adapter is named like "x"\. Found: none\. No WebGPU adapter: /);
  });
});

it('gives every entry point of the package one UserError', async () => {
  const { code, stdout, stderr } = await runModule(
    `import { UserError } from '${DIST}index.js';
    import * as numerics from '${DIST}numerics.js';
    const refused = await openDevice({ adapter: 'no such adapter' }).catch((error) => error);
    console.log(UserError === numerics.UserError, refused instanceof UserError);`,
  );
  expect({ code, stdout }, stderr).toEqual({ code: 0, stdout: 'true true\n' });
});

it('keeps Node out of the entry points for browsers', () => {
  for (const entry of ['index.js', 'numerics.js']) {
    expect(readFileSync(`${DIST}${entry}`, 'utf8')).not.toMatch(/^import .*from "(node:|[^.])/m);
  }
});
