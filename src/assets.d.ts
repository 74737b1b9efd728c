/** Files that the build turns into module values: WGSL and CSS as text, WASM as bytes. */
declare module '*.wgsl' {
  const source: string;
  export default source;
}
declare module '*.css' {
  const source: string;
  export default source;
}
declare module '*.wasm' {
  const bytes: Uint8Array<ArrayBuffer>;
  export default bytes;
}
