import { Type } from 'typebox'

/** Settings of the plugin. */
export const Settings = Type.Object(
  {
    peacetime: Type.Boolean({
      default: true,
      description: 'Whether facilities shift patients among themselves; otherwise an approving facility decides (PEACETIME_MODE)'
    })
  },
  { additionalProperties: false }
)
