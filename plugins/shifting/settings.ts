import { Type } from 'typebox'

/** Settings of the plugin. */
export const Settings = Type.Object(
  {
    peacetime: Type.Boolean({
      default: true,
      description: 'Facilities shift patients among themselves; false: an approving facility decides (PEACETIME_MODE)'
    })
  },
  { additionalProperties: false }
)
