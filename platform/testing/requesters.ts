import type { LightMyRequestResponse } from 'fastify'
import type { CareKernel } from '../care-kernel.ts'

/** One answer: `body` is the parsed JSON, or the text where it is none. */
export interface Answer {
  readonly status: number
  readonly headers: LightMyRequestResponse['headers']
  readonly body: unknown
  readonly text: string
}

/** Sends requests, as a user or anonymously. */
export interface Requester {
  readonly user?: { readonly id: number; readonly username: string; readonly externalId: string; readonly token: string }
  get(url: string, headers?: Record<string, string>): Promise<Answer>
  post(url: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>
  put(url: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>
  patch(url: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>
  delete(url: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>
}

/** Sends requests to the server of a kernel without a socket, each with the headers `always`. */
export function requester(kernel: CareKernel, always: Record<string, string> = {}): Requester {
  const send =
    (method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE') =>
    async (url: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> => {
      const payload =
        body === undefined
          ? {}
          : typeof body === 'string' || Buffer.isBuffer(body)
            ? { payload: body }
            : { payload: JSON.stringify(body), headers: { 'content-type': 'application/json' } }
      const response = await kernel.app.inject({
        method,
        url,
        ...payload,
        headers: { ...(payload as { headers?: object }).headers, ...always, ...headers }
      })
      return { status: response.statusCode, headers: response.headers, text: response.payload, body: parsed(response.payload) }
    }
  const get = send('GET')
  return {
    get: (url, headers) => get(url, undefined, headers),
    post: send('POST'),
    put: send('PUT'),
    patch: send('PATCH'),
    delete: send('DELETE')
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
