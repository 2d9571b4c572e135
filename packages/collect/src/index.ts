/** Collects OVAL system characteristics from a machine: an object asks, a session reads, items come out. */
export { collect } from './collect.ts'
export type { CollectOptions } from './collect.ts'
export { messageWithAdvice, TransportError } from './errors.ts'
export type { TransportErrorCode } from './errors.ts'
export { InventoryTooLarge, inventoryForms, maxInventoryBytes, parseInventory } from './inventories/inventory.ts'
export type { Inventory, InventoryForm, InventoryHost, InventoryProblem } from './inventories/inventory.ts'
export { isChosen } from './inventories/pattern.ts'
export { asPlace, parseJumps, parsePlace, PlaceError } from './inventories/place.ts'
export type { Place } from './inventories/place.ts'
export { privilegesFor } from './privileges/privileges.ts'
export type { Privileges } from './privileges/privileges.ts'
export { writeSudoers } from './privileges/sudoers.ts'
export { testTypes } from './registry.ts'
export { fetchRemoteContent } from './remote-content.ts'
export type { RemoteContentOptions } from './remote-content.ts'
export type {
  CommandResult,
  DirectoryEntry,
  FileCondition,
  FileKind,
  FileStatus,
  FindAnswer,
  FindRequest,
  FoundEntry,
  NumberRange,
  Session,
} from './session.ts'
export { defineTestType } from './test-type.ts'
export type { TestType } from './test-type.ts'
export { accountInSudoers } from './transports/ssh/sudoers-account.ts'
export { lookUpAside } from './transports/ssh/look-up.ts'
export { openLocalSession } from './transports/local.ts'
export type { LocalOptions } from './transports/local.ts'
export { openOfflineRoot } from './transports/offline-root.ts'
export { openAsides } from './transports/ssh/asides.ts'
export type { Asides } from './transports/ssh/asides.ts'
export type { SshCredentials, SshKey } from './transports/ssh/credentials.ts'
export type { SshHop } from './transports/ssh/connect.ts'
export type { Elevation } from './transports/ssh/elevate.ts'
export {
  fingerprint as hostKeyFingerprint,
  hostKeyName,
  keyType as hostKeyType,
  openKnownHosts,
} from './transports/ssh/known-hosts.ts'
export type { HostKeys, HostKeyVerdict } from './transports/ssh/known-hosts.ts'
export { hostKeyChanged } from './transports/ssh/approve-host-key.ts'
export { needsPassphrase, openSshSession, whyKeyUnusable } from './transports/ssh-session.ts'
export type { SshOptions, SshSession, SshTraffic } from './transports/ssh/ssh.ts'
