/** Which files an object asks for, and the walks that find them. */
export { cutShort, findFiles } from './find-files.ts'
export type { FileEntity, FoundFiles } from './find-files.ts'
export { fullPath } from './found-path.ts'
export type { FoundPath } from './found-path.ts'
export { readMounts } from './reach.ts'
export { findRegularFile, leadsNowhere, readRegularFile, readRegularText } from './regular-file.ts'
