import type { Datatype, Operation } from '../model/enumerations.ts'
import { compareBinary } from './binary.ts'
import { compareBoolean } from './boolean.ts'
import { always } from './comparison.ts'
import type { CompileComparison, Comparison } from './comparison.ts'
import { compareDebianEvrString } from './debian-evr-string.ts'
import { compareEvrString } from './evr-string.ts'
import { compareFilesetRevision } from './fileset-revision.ts'
import { compareFloat } from './float.ts'
import { compareInt } from './int.ts'
import { compareIosVersion } from './ios-version.ts'
import { compareIpv4Address } from './ipv4-address.ts'
import { compareIpv6Address } from './ipv6-address.ts'
import { compareString } from './string.ts'
import { compareVersion } from './version.ts'

const DATATYPES: Readonly<Record<Datatype, CompileComparison>> = {
  binary: compareBinary,
  boolean: compareBoolean,
  debian_evr_string: compareDebianEvrString,
  evr_string: compareEvrString,
  fileset_revision: compareFilesetRevision,
  float: compareFloat,
  int: compareInt,
  ios_version: compareIosVersion,
  ipv4_address: compareIpv4Address,
  ipv6_address: compareIpv6Address,
  // The fields of a record are compared, each by its own datatype, never the record's text.
  record: () => always('error'),
  string: compareString,
  version: compareVersion,
}

/** The comparison of found values with `expected`, prepared once. What cannot be cast or compared gives `error`. */
export function compileComparison(datatype: Datatype, operation: Operation, expected: string): Comparison {
  return DATATYPES[datatype](operation, expected)
}
