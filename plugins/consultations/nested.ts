import type { FastifyRequest } from 'fastify'
import { actorOf, type Where } from 'care-kernel/rest'
import type { RuledConsultation } from './consultations.ts'
import type { ConsultationScope } from './scope.ts'

/** What belongs to a consultation of the path. */
export type OfConsultation = { Params: { consultation: string } }
/** One of them. */
export type PartOfConsultation = { Params: { consultation: string; id: string } }

/** Where such paths begin. */
export const CONSULTATION = '/api/v1/consultation/:consultation/'

/** Condition of the rows of one consultation; `alias` is the row's. */
export const of =
  (alias: string, { id }: { readonly id: number }): Where =>
  params => [`${alias}.consultation_id = ${params.add(id)}`]

/** Finds the consultation of a path before the body is read, as the original does: 404 where the actor does not reach it. */
export function consultationOfPath({ consultations, database }: ConsultationScope) {
  return (request: FastifyRequest): Promise<RuledConsultation> =>
    consultations.ofPath(database, actorOf(request), (request.params as { consultation: string }).consultation)
}
