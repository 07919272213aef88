import { Type } from 'typebox'

/** `plugins.discharge-summary` of a config. Paths are relative to the working directory. */
export const Settings = Type.Object(
  {
    template: Type.String({
      default: '',
      description: 'A Typst file that lays out the same data; empty: the built-in one'
    }),
    logo: Type.String({ default: '', description: 'A PNG, JPEG or SVG for the head of the first page; empty: none' }),
    fonts: Type.String({ default: '', description: 'A folder with fonts, besides those of the system' })
  },
  { additionalProperties: false }
)
