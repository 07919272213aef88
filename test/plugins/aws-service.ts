import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { signatureProblem, type SigV4Parties } from '../../platform/testing/sigv4.ts'

/** What a fake answers instead of a result: as AWS, with a code and a text that may quote what was sent. */
export class Fault {
  readonly code: string
  readonly message: string
  readonly status: number

  constructor(code: string, message: string, status = 400) {
    this.code = code
    this.message = message
    this.status = status
  }
}

/** A running service of AWS's Query protocol: forms in, XML out, signatures verified. */
export interface AwsService {
  readonly port: number
  stop(): Promise<void>
}

/** The inner XML of the result of an action, or the fault. */
export type Answer = (action: string, form: URLSearchParams) => string | Fault

/** Listens on a free port of 127.0.0.1. Nothing is answered before the signature is right. */
export async function startAwsService(parties: SigV4Parties, answer: Answer): Promise<AwsService> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const body = Buffer.concat(chunks)
      const { method = '', url = '', headers } = request
      const problem = signatureProblem({ method, url, headers, body }, parties, new Date())
      const form = new URLSearchParams(body.toString())
      const action = form.get('Action') ?? ''
      const result =
        problem === undefined ? answer(action, form) : new Fault(problem, 'The request signature does not match.', 403)
      const [status, xml] =
        result instanceof Fault
          ? [
              result.status,
              `<ErrorResponse><Error><Type>${result.status < 500 ? 'Sender' : 'Receiver'}</Type><Code>${result.code}</Code><Message>${escape(result.message)}</Message></Error><RequestId>r-1</RequestId></ErrorResponse>`
            ]
          : [
              200,
              `<${action}Response><${action}Result>${result}</${action}Result><ResponseMetadata><RequestId>r-1</RequestId></ResponseMetadata></${action}Response>`
            ]
      response.writeHead(status, { 'content-type': 'text/xml' }).end(xml)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    stop: async () => {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    }
  }
}

const escape = (text: string) => text.replace(/[&<>]/g, sign => `&#${sign.charCodeAt(0)};`)
