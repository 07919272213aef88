import { Type } from 'typebox'

/** Settings of the plugin. */
export const Settings = Type.Object(
  {
    allowTransfer: Type.Boolean({
      default: true,
      description: 'Whether new patients may be moved to another facility unless told otherwise (PEACETIME_MODE)'
    })
  },
  { additionalProperties: false }
)
