/** OVAL results schema, ResultEnumeration. */
export type OvalResult = 'true' | 'false' | 'error' | 'unknown' | 'not evaluated' | 'not applicable'

/** OVAL common schema, CheckEnumeration (`none exist` is the deprecated spelling of `none satisfy` and is read as it). */
export type Check = 'all' | 'at least one' | 'none satisfy' | 'only one'

/** OVAL common schema, ExistenceEnumeration. */
export type Existence = 'all_exist' | 'any_exist' | 'at_least_one_exists' | 'none_exist' | 'only_one_exists'

/** OVAL common schema, OperatorEnumeration. */
export type Operator = 'AND' | 'ONE' | 'OR' | 'XOR'

/** OVAL common schema, SimpleDatatypeEnumeration and ComplexDatatypeEnumeration. */
export type Datatype =
  | 'binary'
  | 'boolean'
  | 'debian_evr_string'
  | 'evr_string'
  | 'fileset_revision'
  | 'float'
  | 'int'
  | 'ios_version'
  | 'ipv4_address'
  | 'ipv6_address'
  | 'record'
  | 'string'
  | 'version'

/** OVAL common schema, OperationEnumeration. */
export type Operation =
  | 'bitwise and'
  | 'bitwise or'
  | 'case insensitive equals'
  | 'case insensitive not equal'
  | 'equals'
  | 'greater than'
  | 'greater than or equal'
  | 'less than'
  | 'less than or equal'
  | 'not equal'
  | 'pattern match'
  | 'subset of'
  | 'superset of'

/** OVAL system characteristics schema, FlagEnumeration: how the collection of an object went. */
export type Flag = 'complete' | 'does not exist' | 'error' | 'incomplete' | 'not applicable' | 'not collected'

/** OVAL system characteristics schema, StatusEnumeration: of an item or of one of its entities. */
export type Status = 'does not exist' | 'error' | 'exists' | 'not collected'
