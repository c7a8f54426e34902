export default {
  root: "page",
  base: "/",
  // The page is read by people on call with what they have at hand: the browsers of the last two years.
  build: {
    target: "es2022",
    // Inlined files are data: addresses, which the content security policy forbids.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
};
