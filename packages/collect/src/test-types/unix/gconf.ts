import { defineTestType } from '../../test-type.ts'

/** Settings of the GNOME desktop up to its version 2: the unix `gconf_test`. */
export const gconf = defineTestType({
  family: 'unix',
  name: 'gconf',
  description: 'Settings of GConf; not collected, because no supported distribution has it any more.',
  object: ['key', 'source'],
  item: {
    key: 'string',
    source: 'string',
    type: 'string',
    is_writable: 'boolean',
    mod_user: 'string',
    mod_time: 'int',
    is_default: 'boolean',
    value: 'string',
  },

  async collect(session) {
    return { flag: 'not collected', messages: [`GConf settings on ${session.asset} are not supported`], found: [] }
  },
})
