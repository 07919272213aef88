import type { Plan } from '../../kernel/lifecycle/plan.ts'

type Section = readonly unknown[]

/** A table per kind of thing, for people to review. */
export function renderPlan(plan: Plan): string {
  const lines = [`deployment ${plan.deployment} (${plan.environment}), care-kernel ${plan.kernel}`]
  for (const [heading, items] of sectionsOf(plan)) lines.push('', `${heading} (${items.length})`, ...table(items))
  return lines.join('\n')
}

/** What one plan has and the other lacks, both ways, one line per thing with its heading. */
export function diffPlans(from: Plan, to: Plan): string {
  const [before, after] = [linesOf(from), linesOf(to)]
  const lines = [
    ...[...before].filter(line => !after.has(line)).map(line => `- ${line}`),
    ...[...after].filter(line => !before.has(line)).map(line => `+ ${line}`)
  ]
  return lines.length > 0 ? lines.sort((a, b) => a.slice(2).localeCompare(b.slice(2))).join('\n') : 'no difference'
}

const sectionsOf = ({ kernel, deployment, environment, ...sections }: Plan) => Object.entries(sections) as [string, Section][]

function linesOf(plan: Plan): Set<string> {
  return new Set(
    sectionsOf(plan).flatMap(([heading, items]) =>
      items.map(
        item =>
          `${heading}: ${cellsOf(item)
            .map(([name, text]) => (name ? `${name}=${text}` : text))
            .join('  ')}`
      )
    )
  )
}

/** Rows under the names of their columns; the last column is as wide as it is. */
function table(items: Section): string[] {
  const rows = items.map(item => new Map(cellsOf(item)))
  const names = [...new Set(rows.flatMap(row => [...row.keys()]))]
  const widths = names.map(name => Math.max(name.length, ...rows.map(row => row.get(name)?.length ?? 0)))
  const line = (texts: readonly string[]) =>
    `  ${texts.map((text, index) => text.padEnd(widths[index] ?? 0)).join('  ')}`.trimEnd()
  const body = rows.map(row => line(names.map(name => row.get(name) ?? '')))
  return names.some(Boolean) && body.length > 0
    ? [line(names.map(name => name.replace(/([a-z])([A-Z])/g, '$1 $2').toUpperCase())), ...body]
    : body
}

/** Name and text of each column; a plain text has no name. */
function cellsOf(item: unknown): [string, string][] {
  if (typeof item === 'string') return [['', item]]
  return Object.entries(item as object).map(([name, value]) => [
    name,
    Array.isArray(value) ? value.join(', ') || '–' : String(value)
  ])
}
