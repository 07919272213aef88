import sharp from 'sharp'
import { invalid, type Upload } from 'care-kernel/rest'

/** A picture as it is stored. */
export interface Picture {
  readonly extension: string
  readonly contentType: 'image/jpeg' | 'image/png'
  readonly content: Buffer
}

const EXTENSIONS = ['jpg', 'jpeg', 'png']
const SIDE = { least: 400, most: 1024 }
const BYTES = { least: 1024, most: 2_097_152 }
const UNREADABLE = 'Upload a valid image. The file you uploaded was either not an image or a corrupted image.'

/**
 * The picture of a field of a form, encoded anew: metadata, such as the place it was taken, and trailing data are dropped. Throws 400 with every message under the field's name (docs/api/gateways-jobs.md §3).
 */
export async function readPicture(
  name: string,
  uploads: Readonly<Record<string, Upload>> | undefined,
  body: unknown
): Promise<Picture> {
  const refuse = (...messages: readonly string[]) => invalid({ [name]: messages })
  const upload = uploads?.[name]
  if (!upload) {
    const given = typeof body === 'object' && body !== null && (body as Record<string, unknown>)[name]
    throw refuse(
      given === undefined || given === false || given === ''
        ? 'No file was submitted.'
        : given === null
          ? 'This field may not be null.'
          : 'The submitted data was not a file. Check the encoding type on the form.'
    )
  }
  const { content, filename } = upload
  if (content.length === 0) throw refuse('The submitted file is empty.')
  const source = sharp(content, { failOn: 'error', limitInputPixels: 100_000_000 })
  const { width, height, format } = await source.metadata().catch(() => ({ width: 0, height: 0, format: undefined }))
  if (format === undefined || format === 'svg') throw refuse(UNREADABLE)

  const extension = filename.includes('.') ? (filename.split('.').at(-1) ?? '') : ''
  const lower = extension.toLowerCase()
  const problems = [
    ...(EXTENSIONS.includes(lower)
      ? []
      : [`File extension “${lower}” is not allowed. Allowed extensions are: ${EXTENSIONS.join(', ')}.`]),
    ...sideProblems('width', width),
    ...sideProblems('height', height),
    ...(content.length < BYTES.least ? ['Image size is less than the minimum allowed size of 1 KB.'] : []),
    ...(content.length > BYTES.most ? ['Image size is greater than the maximum allowed size of 2 MB.'] : [])
  ]
  if (problems.length > 0) throw refuse(...problems)

  const contentType = lower === 'png' ? 'image/png' : 'image/jpeg'
  const upright = source.rotate()
  const written = await (
    contentType === 'image/png' ? upright.png() : upright.flatten({ background: '#fff' }).jpeg({ quality: 90 })
  )
    .toBuffer()
    .catch(() => undefined)
  if (!written) throw refuse(UNREADABLE)
  return { extension, contentType, content: written }
}

function sideProblems(side: 'width' | 'height', pixels: number): string[] {
  if (pixels < SIDE.least) return [`Image ${side} is less than the minimum allowed ${side} of ${SIDE.least} pixels.`]
  return pixels > SIDE.most ? [`Image ${side} is greater than the maximum allowed ${side} of ${SIDE.most} pixels.`] : []
}
