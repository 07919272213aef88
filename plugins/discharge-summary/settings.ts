import { Type } from 'typebox'

/** `plugins.discharge-summary` of a config. Paths are relative to the working directory. */
export const Settings = Type.Object(
  {
    template: Type.String({
      default: '',
      description: 'A Typst file that sets the same data in another way; empty: the one that comes along'
    }),
    logo: Type.String({ default: '', description: 'A PNG, JPEG or SVG for the head of the first page; empty: none' }),
    fonts: Type.String({ default: '', description: 'A folder with fonts, besides those of the system' })
  },
  { additionalProperties: false }
)
