import { Type } from 'typebox'

/** Settings of the plugin. */
export const Settings = Type.Object(
  {
    flags: Type.Array(Type.String(), {
      default: [],
      description: 'Names of feature flags that may be set on facilities, besides those of plugins'
    })
  },
  { additionalProperties: false }
)
