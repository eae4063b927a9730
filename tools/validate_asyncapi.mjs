// Puts AsyncAPI documents to the official parser. Reads a list of documents, or one, as JSON on stdin; prints a list
// for each document: its diagnostics of severity error and warning. Exits with 1 where there are errors, and with 2
// where a reference leads out of a document: the parser would fetch it, and cannot be kept from that.
import {readFileSync} from 'node:fs';
import {DiagnosticSeverity, Parser} from '@asyncapi/parser';

const NAMES = {[DiagnosticSeverity.Error]: 'error', [DiagnosticSeverity.Warning]: 'warning'};

function* foreignReferences(node) {
  if (node === null || typeof node !== 'object') return;
  if (typeof node.$ref === 'string' && !node.$ref.startsWith('#')) yield node.$ref;
  for (const each of Object.values(node)) yield* foreignReferences(each);
}

const given = JSON.parse(readFileSync(0, 'utf8'));
const documents = Array.isArray(given) ? given : [given];
const foreign = [...foreignReferences(documents)];
if (foreign.length) {
  console.error(`references that lead out of a document: ${foreign.join(', ')}`);
  process.exit(2);
}

const parser = new Parser();
const verdicts = [];
for (const each of documents) {
  const {document, diagnostics} = await parser.parse(JSON.stringify(each));
  const found = diagnostics
    .filter(({severity}) => severity in NAMES)
    .map(({severity, code, path, message}) => ({
      severity: NAMES[severity],
      code: String(code),
      where: `/${path.join('/')}`,
      message,
    }));
  if (!document && !found.length) found.push({severity: 'error', code: 'no-document', where: '/', message: ''});
  verdicts.push(found);
}
console.log(JSON.stringify(verdicts));
process.exitCode = verdicts.flat().some(({severity}) => severity === 'error') ? 1 : 0;
