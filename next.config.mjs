/** @type {import("next").NextConfig} */
const config = {
  poweredByHeader: false,
  reactStrictMode: true,
  transpilePackages: ["@berth/protocol"],
  // `npm run check` checks types over the whole repository; a build has no reason to do it a second time.
  typescript: { ignoreBuildErrors: true },
  agentRules: false,
  devIndicators: false,
  experimental: {
    // Pages only carry a first reading of the data; afterwards live events keep it right, so a page seen before is shown at once.
    staleTimes: { dynamic: 300 },
    optimizePackageImports: ["radix-ui"],
  },
};

export default config;
