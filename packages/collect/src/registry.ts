import type { TestType } from './test-type.ts'
import { environmentvariable } from './test-types/independent/environmentvariable.ts'
import { environmentvariable58 } from './test-types/independent/environmentvariable58.ts'
import { family } from './test-types/independent/family.ts'
import { filehash } from './test-types/independent/filehash.ts'
import { filehash58 } from './test-types/independent/filehash58.ts'
import { sql } from './test-types/independent/sql.ts'
import { sql57 } from './test-types/independent/sql57.ts'
import { textfilecontent } from './test-types/independent/textfilecontent.ts'
import { textfilecontent54 } from './test-types/independent/textfilecontent54.ts'
import { xmlfilecontent } from './test-types/independent/xmlfilecontent.ts'
import { yamlfilecontent } from './test-types/independent/yamlfilecontent.ts'
import { apparmorstatus } from './test-types/linux/apparmorstatus.ts'
import { dpkginfo } from './test-types/linux/dpkginfo.ts'
import { iflisteners } from './test-types/linux/iflisteners.ts'
import { inetlisteningservers } from './test-types/linux/inetlisteningservers.ts'
import { partition } from './test-types/linux/partition.ts'
import { rpminfo } from './test-types/linux/rpminfo.ts'
import { rpmverify } from './test-types/linux/rpmverify.ts'
import { rpmverifyfile } from './test-types/linux/rpmverifyfile.ts'
import { rpmverifypackage } from './test-types/linux/rpmverifypackage.ts'
import { selinuxboolean } from './test-types/linux/selinuxboolean.ts'
import { selinuxsecuritycontext } from './test-types/linux/selinuxsecuritycontext.ts'
import { systemdunitdependency } from './test-types/linux/systemdunitdependency.ts'
import { systemdunitproperty } from './test-types/linux/systemdunitproperty.ts'
import { file } from './test-types/unix/file.ts'
import { fileextendedattribute } from './test-types/unix/fileextendedattribute.ts'
import { gconf } from './test-types/unix/gconf.ts'
import { inetd } from './test-types/unix/inetd.ts'
import { interfaceTest } from './test-types/unix/interface.ts'
import { password } from './test-types/unix/password.ts'
import { process } from './test-types/unix/process.ts'
import { process58 } from './test-types/unix/process58.ts'
import { routingtable } from './test-types/unix/routingtable.ts'
import { runlevel } from './test-types/unix/runlevel.ts'
import { shadow } from './test-types/unix/shadow.ts'
import { symlink } from './test-types/unix/symlink.ts'
import { sysctl } from './test-types/unix/sysctl.ts'
import { uname } from './test-types/unix/uname.ts'
import { xinetd } from './test-types/unix/xinetd.ts'

/** Every test type that can be collected. `independent/variable` objects need no asset: the evaluator works them out. */
export const testTypes: readonly TestType[] = [
  environmentvariable,
  environmentvariable58,
  family,
  filehash,
  filehash58,
  sql,
  sql57,
  textfilecontent,
  textfilecontent54,
  xmlfilecontent,
  yamlfilecontent,
  apparmorstatus,
  dpkginfo,
  iflisteners,
  inetlisteningservers,
  partition,
  rpminfo,
  rpmverify,
  rpmverifyfile,
  rpmverifypackage,
  selinuxboolean,
  selinuxsecuritycontext,
  systemdunitdependency,
  systemdunitproperty,
  file,
  fileextendedattribute,
  gconf,
  inetd,
  interfaceTest,
  password,
  process,
  process58,
  routingtable,
  runlevel,
  shadow,
  symlink,
  sysctl,
  uname,
  xinetd,
]

const byName = new Map(testTypes.map((testType) => [testType.name, testType]))

export function findTestType(name: string): TestType | undefined {
  return byName.get(name)
}
