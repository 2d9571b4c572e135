import { defineTestType } from '../../test-type.ts'

/** Which family of systems the asset belongs to: the independent `family_test`. */
export const family = defineTestType({
  family: 'independent',
  name: 'family',
  description: 'The family of the operating system; every asset that is read so far is unix.',
  object: [],
  item: { family: 'string' },
  collect: async () => [{ family: 'unix' }],
})
