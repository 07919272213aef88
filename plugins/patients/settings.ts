import { Type } from 'typebox'

/** Settings of the plugin. */
export const Settings = Type.Object(
  {
    allowTransfer: Type.Boolean({
      default: true,
      description: 'Whether new patients may be moved to another facility unless told otherwise (PEACETIME_MODE)'
    }),
      default: 60,
      minimum: 0,
      description: 'Searches over all patients per user; 0 for no limit'
    })
  },
  { additionalProperties: false }
)
