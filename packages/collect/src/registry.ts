import type { TestType } from './test-type.ts'
import { environmentvariable58 } from './test-types/independent/environmentvariable58.ts'
import { family } from './test-types/independent/family.ts'
import { textfilecontent54 } from './test-types/independent/textfilecontent54.ts'
import { dpkginfo } from './test-types/linux/dpkginfo.ts'
import { inetlisteningservers } from './test-types/linux/inetlisteningservers.ts'
import { partition } from './test-types/linux/partition.ts'
import { rpminfo } from './test-types/linux/rpminfo.ts'
import { systemdunitdependency } from './test-types/linux/systemdunitdependency.ts'
import { systemdunitproperty } from './test-types/linux/systemdunitproperty.ts'
import { file } from './test-types/unix/file.ts'
import { password } from './test-types/unix/password.ts'
import { process58 } from './test-types/unix/process58.ts'
import { shadow } from './test-types/unix/shadow.ts'
import { symlink } from './test-types/unix/symlink.ts'
import { sysctl } from './test-types/unix/sysctl.ts'
import { uname } from './test-types/unix/uname.ts'

/** Every test type that can be collected. `independent/variable` objects need no asset: the evaluator works them out. */
export const testTypes: readonly TestType[] = [
  environmentvariable58,
  family,
  textfilecontent54,
  dpkginfo,
  inetlisteningservers,
  partition,
  rpminfo,
  systemdunitdependency,
  systemdunitproperty,
  file,
  password,
  process58,
  shadow,
  symlink,
  sysctl,
  uname,
]

const byName = new Map(testTypes.map((testType) => [testType.name, testType]))

export function findTestType(name: string): TestType | undefined {
  return byName.get(name)
}
