# An image of the server: docker build -t ambos . (docs/deployment.md)

FROM node:22-slim AS build
WORKDIR /ambos
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY tsconfig.json tsconfig.build.json ./
COPY src ./src
COPY web ./web
RUN npm run build && rm -f dist/.tsbuildinfo

# What it runs with. SQLite is built into this Node, so that the optional package is not needed.
FROM node:22-slim AS modules
WORKDIR /ambos
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --omit=optional

FROM node:22-slim
ENV NODE_ENV=production
ENV PORT=3000
ENV DATA_DIR=/data
WORKDIR /ambos
RUN mkdir /data && chown node:node /data && chmod 700 /data
COPY --from=modules /ambos/node_modules ./node_modules
COPY --from=build /ambos/dist ./dist
COPY --from=build /ambos/web ./web
COPY package.json LICENSE ./
USER node
VOLUME /data
EXPOSE 3000
# The process alone: whether it is ready is asked at /readyz, by whoever sends clients to it.
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s CMD ["node", "-e", "const { PORT, TLS_CERT } = process.env; require(TLS_CERT ? 'https' : 'http').get({ port: PORT, path: '/healthz', rejectUnauthorized: false }, ({ statusCode }) => process.exit(statusCode === 200 ? 0 : 1)).on('error', () => process.exit(1))"]
STOPSIGNAL SIGTERM
# Node itself is the first process: npm and npx would keep SIGTERM to themselves.
CMD ["node", "--enable-source-maps", "dist/main.js"]
