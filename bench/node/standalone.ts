/**
 * The source of a kernel of the library as one file that stands alone: the declarations that it needs, of its own file and of the
 * helpers beside it, under imports of `systole/kernel`. The build of the page makes them; `systole run` takes them as they are.
 */
import { basename, dirname, join } from 'node:path';
import ts from 'typescript';

/** What is exported at the end: a declaration by its name, or a function of the kernel's own sizes. */
export type Root =
  | { readonly kind: 'kernel'; readonly name: string }
  | { readonly kind: 'sizes'; readonly make: ts.Node; readonly sizes: Readonly<Record<string, number>> };

/** Layers of this package under the names that they have outside. */
const PACKAGES: Readonly<Record<string, string>> = {
  '../kernel': 'systole/kernel',
  '../numerics': 'systole/numerics',
};

interface Import {
  readonly from: string;
  readonly type: boolean;
}

export class Standalone {
  readonly #program: ts.Program;
  readonly #checker: ts.TypeChecker;

  /** @param paths all files that sources are taken from. */
  constructor(paths: readonly string[]) {
    // Only names are resolved, each within its own file.
    this.#program = ts.createProgram(paths, { noLib: true, noResolve: true, types: [] });
    this.#checker = this.#program.getTypeChecker();
  }

  /** @throws Error for what cannot stand alone, which is to be mended in the library. */
  write(path: string, root: Root): string {
    const picked = new Map<ts.SourceFile, Set<ts.Statement>>();
    const declaredIn = new Map<string, ts.SourceFile>();
    const packages = new Map<string, Map<string, boolean>>();
    const follow = (file: ts.SourceFile, name: string, found: Import): void => {
      const outside = PACKAGES[found.from];
      if (outside !== undefined) {
        const list = packages.get(outside) ?? new Map<string, boolean>();
        packages.set(outside, list.set(name, found.type && (list.get(name) ?? true)));
      } else if (found.from.startsWith('./')) {
        const helper = this.#file(join(dirname(file.fileName), `${found.from.slice(2)}.ts`));
        take(statementOf(helper, name));
      } else {
        throw new Error(`${file.fileName} imports ${found.from}, which a kernel outside the package cannot`);
      }
    };
    const take = (statement: ts.Statement): void => {
      const file = statement.getSourceFile();
      const statements = picked.get(file) ?? new Set();
      picked.set(file, statements);
      if (statements.has(statement)) return;
      statements.add(statement);
      for (const name of namesOf(statement)) {
        const other = declaredIn.get(name) ?? file;
        if (other !== file) throw new Error(`${name} is declared in ${other.fileName} and ${file.fileName}`);
        declaredIn.set(name, file);
      }
      takeAll(statement);
    };
    const takeAll = (node: ts.Node): void => {
      for (const declaration of this.#declarationsIn(node)) {
        const imported = importOf(declaration);
        if (imported !== undefined) follow(node.getSourceFile(), imported.name, imported);
        else {
          const statement = topLevel(declaration);
          if (statement !== undefined) take(statement);
        }
      }
    };
    const own = this.#file(path);
    if (root.kind === 'kernel') take(statementOf(own, root.name));
    else takeAll(root.make);
    const ofOwn = picked.get(own) ?? new Set();
    picked.delete(own);
    const parts = [
      headOf(own),
      [...packages].map(([from, list]) => importText(from, list)).join('\n'),
      ...textsOf(own, ofOwn),
      ...[...picked].flatMap(([helper, statements]) => textsOf(helper, statements)),
      endOf(own, root),
    ];
    return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
  }

  declares(path: string, name: string): boolean {
    return this.#file(path).statements.some((each) => namesOf(each).includes(name));
  }

  /** The function of an entry that gives its kernel: `kernel` of the `libraryKernel({ ... })` that declares a name. */
  makerOf(path: string, name: string): ts.Node | undefined {
    const statement = statementOf(this.#file(path), name);
    if (!ts.isVariableStatement(statement)) return undefined;
    const [declaration] = statement.declarationList.declarations;
    const entry = declaration?.initializer;
    const [argument] = entry !== undefined && ts.isCallExpression(entry) ? entry.arguments : [];
    if (argument === undefined || !ts.isObjectLiteralExpression(argument)) return undefined;
    return argument.properties.find((property) => property.name?.getText() === 'kernel');
  }

  #file(path: string): ts.SourceFile {
    const file = this.#program.getSourceFile(path);
    if (file === undefined) throw new Error(`There is no file ${path}`);
    return file;
  }

  /** What the identifiers in a node mean, local names and names of properties among them. */
  #declarationsIn(node: ts.Node): Set<ts.Declaration> {
    const found = new Set<ts.Declaration>();
    const visit = (each: ts.Node): void => {
      if (ts.isIdentifier(each)) {
        const symbol = ts.isShorthandPropertyAssignment(each.parent)
          ? this.#checker.getShorthandAssignmentValueSymbol(each.parent)
          : this.#checker.getSymbolAtLocation(each);
        for (const declaration of symbol?.declarations ?? []) found.add(declaration);
      }
      ts.forEachChild(each, visit);
    };
    visit(node);
    return found;
  }
}

function importOf(declaration: ts.Declaration): (Import & { readonly name: string }) | undefined {
  if (!ts.isImportSpecifier(declaration)) return undefined;
  const { name, propertyName, isTypeOnly } = declaration;
  if (propertyName !== undefined) throw new Error(`${name.text} is imported by another name`);
  const clause = declaration.parent.parent;
  const { moduleSpecifier } = clause.parent;
  const from = ts.isStringLiteral(moduleSpecifier) ? moduleSpecifier.text : '';
  return { name: name.text, from, type: isTypeOnly || clause.phaseModifier === ts.SyntaxKind.TypeKeyword };
}

/** The statement of its file that a declaration is the subject of; undefined for one within. */
function topLevel(declaration: ts.Declaration): ts.Statement | undefined {
  const statement = declaration
    .getSourceFile()
    .statements.find((each) => each.pos <= declaration.pos && declaration.end <= each.end);
  const name = ts.getNameOfDeclaration(declaration)?.getText() ?? '';
  return statement !== undefined && namesOf(statement).includes(name) ? statement : undefined;
}

function statementOf(file: ts.SourceFile, name: string): ts.Statement {
  const statement = file.statements.find((each) => namesOf(each).includes(name));
  if (statement === undefined) throw new Error(`${file.fileName} declares no ${name}`);
  return statement;
}

function namesOf(statement: ts.Statement): string[] {
  if (ts.isVariableStatement(statement)) {
    return statement.declarationList.declarations.flatMap(({ name }) => bindingsIn(name));
  }
  const named =
    ts.isFunctionDeclaration(statement) ||
    ts.isInterfaceDeclaration(statement) ||
    ts.isTypeAliasDeclaration(statement) ||
    ts.isClassDeclaration(statement);
  return named && statement.name !== undefined ? [statement.name.text] : [];
}

function bindingsIn(name: ts.BindingName): string[] {
  if (ts.isIdentifier(name)) return [name.text];
  return name.elements.flatMap((element) => (ts.isBindingElement(element) ? bindingsIn(element.name) : []));
}

/** The comment that the file begins with. */
function headOf({ text }: ts.SourceFile): string {
  const [head] = ts.getLeadingCommentRanges(text, 0) ?? [];
  return head === undefined ? '' : text.slice(head.pos, head.end);
}

function importText(from: string, list: ReadonlyMap<string, boolean>): string {
  const names = [...list].sort(([a], [b]) => (a < b ? -1 : 1));
  return `import { ${names.map(([name, type]) => (type ? `type ${name}` : name)).join(', ')} } from '${from}';`;
}

/** In the order of the file, with their comments, exported no more. */
function textsOf({ statements: all }: ts.SourceFile, statements: ReadonlySet<ts.Statement>): string[] {
  return all
    .filter((statement) => statements.has(statement))
    .map((statement) =>
      statement
        .getFullText()
        .trim()
        .replace(/^((?:\/\*[^]*?\*\/\s*|\/\/.*\n\s*)*)export /, '$1'),
    );
}

function endOf({ fileName }: ts.SourceFile, root: Root): string {
  if (root.kind === 'kernel') return `export default ${root.name};`;
  const { make, sizes } = root;
  const text = make.getText();
  const declared = ts.isMethodDeclaration(make)
    ? text.replace(/^kernel/, 'function make')
    : ts.isPropertyAssignment(make)
      ? `const make = ${make.initializer.getText()};`
      : undefined;
  if (declared === undefined)
    throw new Error(`${basename(fileName)}: the kernel of an entry is made by a function`);
  const written = Object.entries(sizes).map(([name, size]) => `${name}: ${size}`);
  return `${declared}\n\n/** What the reference is told too. */\nexport const sizes = { ${written.join(', ')} };\nexport default make(sizes);`;
}
