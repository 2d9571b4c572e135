/** The Plumbline server as the command starts it. */
export { DatabaseError } from './db/database-error.ts'
export { waitForVerdicts } from './first-verdicts.ts'
export type { Verdicts } from './first-verdicts.ts'
export { rotateMasterKey } from './rotate-master-key.ts'
export type { Rotation } from './rotate-master-key.ts'
export { startServer, startWorker } from './start.ts'
export type { Server } from './start.ts'
