const rpm = ['rpm --eval %{_dbpath}', 'rpm --eval %{_db_backend}', 'rpm --showrc']

/** The commands that test types run; what is not told of `stat`, `ls`, `readlink`, `find`, `head` and `cat` is in `prelude.ts`. */
const commandsOfType: Readonly<Record<string, readonly string[]>> = {
  'independent/filehash': ['md5sum -- FILE', 'sha1sum -- FILE'],
  'independent/filehash58': ['md5sum, sha1sum, sha224sum, sha256sum, sha384sum, sha512sum -- FILE'],
  'linux/iflisteners': ['ip -json address show'],
  'linux/partition': ['stat -f -c … -- MOUNT-POINT…'],
  'linux/rpminfo': [...rpm, 'rpm --query --qf … NAME…'],
  'linux/rpmverify': [...rpm, 'rpm --verify --verbose … NAME…'],
  'linux/rpmverifyfile': [...rpm, 'rpm --query …', 'rpm --verify --verbose … NAME…'],
  'linux/rpmverifypackage': [...rpm, 'rpm --query …', 'rpm --verify --quiet --nofiles … NAME…'],
  'linux/selinuxsecuritycontext': ['stat -L -c %C… -- FILE…'],
  'linux/systemdunitdependency': ['systemctl show --all --no-pager … -- UNIT…'],
  'linux/systemdunitproperty': ['systemctl show --all --no-pager … -- UNIT…'],
  'unix/file': ['ls -ldn --time-style=+%s --quoting-style=literal -- FILE…'],
  'unix/fileextendedattribute': ['getfattr --dump … -- FILE…'],
  'unix/interface': ['ip address show', 'perl -e …'],
  'unix/process': ['date +%s %z'],
  'unix/process58': ['date +%s %z'],
  'unix/uname': ['uname OPTION'],
}

export const commandsOf = (testType: string): readonly string[] => commandsOfType[testType] ?? []
