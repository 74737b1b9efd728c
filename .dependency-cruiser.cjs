// The layer rule of docs/architecture.md: each layer imports only layers listed before it, never a later one.
const layers = [
  ['numerics', '^src/numerics/'],
  ['chip', '^src/chip/'],
  ['program', '^src/program/'],
  ['isa', '^src/isa/'],
  ['verify', '^src/verify/'],
  ['kernel', '^src/kernel/'],
  ['kernels', '^src/kernels/'],
  ['lower', '^src/lower/'],
  ['time', '^src/time/'],
  ['execute', '^src/execute/'],
  ['host', '^src/host/'],
  ['tensor', '^src/tensor/'],
  ['tfjs', '^src/tfjs/'],
  ['library', '^src/(library/|[^/]+\\.ts$)'],
  ['bench', '^bench/'],
  ['cli', '^src/cli/'],
];

module.exports = {
  forbidden: [
    ...layers.slice(0, -1).map(([name, path], index) => ({
      name: `layer-${name}`,
      comment: `${name} may import only ${
        layers
          .slice(0, index)
          .map((layer) => layer[0])
          .join(', ') || 'nothing'
      }`,
      severity: 'error',
      from: { path },
      to: { path: layers.slice(index + 1).map((layer) => layer[1]) },
    })),
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-node-below-host',
      comment: 'Everything above the host layer runs in a browser as it is.',
      severity: 'error',
      from: { path: '^src/(numerics|chip|program|isa|verify|kernel|kernels|lower|time|execute)/' },
      to: { dependencyTypes: ['core', 'npm', 'npm-dev', 'npm-peer'] },
    },
    {
      name: 'no-node-in-the-harness',
      comment: 'The harness runs in a browser too; what of it needs Node is in folders of its own.',
      severity: 'error',
      from: { path: '^bench/(?!node/|browser/|peers/|networks/node\\.ts)' },
      to: { dependencyTypes: ['core'] },
    },
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    doNotFollow: 'node_modules',
    exclude: '^src/execute/wasm/assembly/',
  },
};
