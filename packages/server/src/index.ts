/** The Plumbline server as the command starts it. */
export { ConfigError, configTable, describeConfig, readConfig } from './config.ts'
export type { Config } from './config.ts'
export { DatabaseError } from './db/database-error.ts'
export { startServer, startWorker } from './start.ts'
export type { Server } from './start.ts'
