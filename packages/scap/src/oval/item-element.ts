import { itemPrefix, OVAL_SYSTEM_CHARACTERISTICS } from './parse/namespaces.ts'
import type { TestTypeName } from './model/object.ts'

/** Test types whose items bear another name: later tests kept the items of the tests that they replaced. */
const ITEM_NAMES: Readonly<Record<TestTypeName, string>> = {
  'esx/patch56': 'patch',
  'hpux/patch53': 'patch',
  'independent/textfilecontent54': 'textfilecontent',
  'linux/inetlisteningservers': 'inetlisteningserver',
  'macos/inetlisteningservers': 'inetlisteningserver',
  'macos/plist510': 'plist',
  'solaris/patch54': 'patch',
  'windows/fileauditedpermissions53': 'fileauditedpermissions',
  'windows/fileeffectiverights53': 'fileeffectiverights',
  'windows/process58': 'process',
  'windows/regkeyauditedpermissions53': 'regkeyauditedpermissions',
  'windows/regkeyeffectiverights53': 'regkeyeffectiverights',
  'windows/user_sid55': 'user_sid',
}

/** The element of system characteristics that holds items of a test type. */
export function itemElement(testType: TestTypeName): {
  readonly name: string
  readonly namespace: string
  readonly prefix: string
} {
  const slash = testType.indexOf('/')
  const family = testType.slice(0, slash)
  const name = ITEM_NAMES[testType] ?? testType.slice(slash + 1)
  return {
    name: `${name}_item`,
    namespace: `${OVAL_SYSTEM_CHARACTERISTICS}#${family}`,
    prefix: itemPrefix(family),
  }
}
