/** What the build makes of the library (scripts/build.js). */
declare module 'systole:kernels' {
  const catalogue: readonly import('./catalogue').CatalogueEntry[];
  export default catalogue;
}
