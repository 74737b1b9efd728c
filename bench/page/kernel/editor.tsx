/**
 * The editor of a kernel, CodeMirror, in a shadow root: there its styles are constructed sheets, which the page's policy, that allows no
 * style element, does not concern. Marks of findings stand in the gutter and under their lines; F8 goes from one to the next.
 */
import { javascript } from '@codemirror/lang-javascript';
import { HighlightStyle, syntaxHighlighting } from '@codemirror/language';
import { lintGutter, setDiagnostics, type Diagnostic } from '@codemirror/lint';
import { EditorState, Prec } from '@codemirror/state';
import { EditorView, keymap } from '@codemirror/view';
import { tags } from '@lezer/highlight';
import { basicSetup } from 'codemirror';
import { useEffect, useImperativeHandle, useRef } from 'preact/hooks';
import type { Ref } from 'preact';
import { KERNEL_LIMITS } from './settings';

/** What is said of a line of the source. */
export interface Mark {
  /** From 1. */
  readonly line: number;
  readonly severity: 'error' | 'warning' | 'info';
  readonly message: string;
}

export interface EditorHandle {
  readonly text: () => string;
  /** Undo brings back what was there. */
  readonly setText: (text: string) => void;
  readonly mark: (marks: readonly Mark[]) => void;
  /** Puts the cursor at the start of a line, and the focus into the editor. */
  readonly goTo: (line: number) => void;
}

interface EditorProps {
  readonly id: string;
  readonly label: string;
  readonly initial: string;
  readonly onEdit: () => void;
  readonly onRun: () => void;
  readonly handle: Ref<EditorHandle>;
}

export function Editor({ id, label, initial, onEdit, onRun, handle }: EditorProps) {
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | null>(null);
  const calls = useRef({ onEdit, onRun });
  calls.current = { onEdit, onRun };
  useEffect(() => {
    const root = host.current?.shadowRoot ?? host.current?.attachShadow({ mode: 'open' });
    if (root === undefined) return;
    const made = new EditorView({
      state: EditorState.create({ doc: initial, extensions: [...extensions(label, calls), appearance] }),
      parent: root,
      root,
    });
    view.current = made;
    return () => {
      made.destroy();
    };
  }, []);
  useImperativeHandle(
    handle,
    () => ({
      text: () => view.current?.state.doc.toString() ?? initial,
      setText: (text) => {
        const made = view.current;
        made?.dispatch({
          changes: { from: 0, to: made.state.doc.length, insert: text },
          selection: { anchor: 0 },
        });
        if (made) made.dispatch(setDiagnostics(made.state, []));
      },
      mark: (marks) => {
        const made = view.current;
        if (made)
          made.dispatch(
            setDiagnostics(
              made.state,
              marks.map((mark) => diagnosticOf(made.state, mark)),
            ),
          );
      },
      goTo: (line) => {
        const made = view.current;
        if (!made) return;
        const { from } = lineAt(made.state, line);
        made.dispatch({
          selection: { anchor: from },
          effects: EditorView.scrollIntoView(from, { y: 'center' }),
        });
        made.focus();
      },
    }),
    [],
  );
  return <div id={id} ref={host} class="editor" />;
}

/** A line that the source does not have is its nearest: who tells it may be hostile. */
function lineAt(state: EditorState, line: number) {
  return state.doc.line(Math.max(1, Math.min(line, state.doc.lines)));
}

function diagnosticOf(state: EditorState, { line, severity, message }: Mark): Diagnostic {
  const { from, to, text } = lineAt(state, line);
  return { from: from + (text.length - text.trimStart().length), to, severity, message };
}

function extensions(label: string, calls: { readonly current: Pick<EditorProps, 'onEdit' | 'onRun'> }) {
  return [
    Prec.highest(
      keymap.of([
        {
          key: 'Mod-Enter',
          run: () => {
            calls.current.onRun();
            return true;
          },
        },
      ]),
    ),
    basicSetup,
    javascript({ typescript: true }),
    lintGutter(),
    EditorState.changeFilter.of(({ newDoc }) => newDoc.length <= KERNEL_LIMITS.source),
    EditorView.contentAttributes.of({ 'aria-label': label, tabindex: '0' }),
    EditorView.updateListener.of(({ docChanged }) => {
      if (docChanged) calls.current.onEdit();
    }),
  ];
}

/** Colours are the page's own, which follow its theme: as text, each has a contrast of at least 4.5. */
const appearance = [
  EditorView.theme({
    '&': {
      border: '1px solid var(--muted)',
      borderRadius: '4px',
      background: 'var(--background)',
      color: 'var(--text)',
      fontSize: '13px',
      maxHeight: '560px',
    },
    '&.cm-focused': { outline: '2px solid var(--accent)', outlineOffset: '1px' },
    '.cm-scroller': { fontFamily: 'var(--mono)', lineHeight: '1.5' },
    '.cm-content, .cm-gutter': { minHeight: '220px' },
    '.cm-gutters': {
      background: 'var(--surface)',
      color: 'var(--muted)',
      borderRight: '1px solid var(--line)',
    },
    '.cm-content': { caretColor: 'var(--text)' },
    '.cm-cursor': { borderLeftColor: 'var(--text)' },
    '.cm-activeLine': { background: 'transparent' },
    '.cm-activeLineGutter': { background: 'transparent', color: 'var(--text)', fontWeight: '620' },
    '&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground': {
      background: 'color-mix(in srgb, var(--accent) 28%, transparent)',
    },
    '.cm-selectionMatch, .cm-searchMatch': {
      background: 'color-mix(in srgb, var(--accent) 20%, transparent)',
    },
    '.cm-matchingBracket, &.cm-focused .cm-matchingBracket': {
      background: 'color-mix(in srgb, var(--good) 25%, transparent)',
    },
    '.cm-panels, .cm-tooltip': {
      background: 'var(--surface)',
      color: 'var(--text)',
      border: '1px solid var(--line)',
    },
    '.cm-panels input, .cm-panels button, .cm-panels .cm-button': {
      background: 'var(--background)',
      backgroundImage: 'none',
      color: 'var(--text)',
    },
    '.cm-tooltip-autocomplete > ul > li[aria-selected]': {
      background: 'var(--accent)',
      color: 'var(--background)',
    },
    '.cm-diagnostic': { font: '13px/1.45 var(--sans)', whiteSpace: 'pre-wrap', maxWidth: 'min(70ch, 90vw)' },
    '.cm-foldPlaceholder': {
      background: 'var(--surface)',
      color: 'var(--muted)',
      border: '1px solid var(--line)',
    },
  }),
  syntaxHighlighting(
    HighlightStyle.define([
      { tag: [tags.keyword, tags.operatorKeyword], color: 'var(--accent)' },
      { tag: [tags.string, tags.special(tags.string), tags.regexp], color: 'var(--good)' },
      { tag: [tags.number, tags.bool, tags.null, tags.atom], color: 'var(--hue-6)' },
      { tag: tags.comment, color: 'var(--muted)', fontStyle: 'italic' },
      { tag: [tags.typeName, tags.className, tags.namespace], color: 'var(--hue-7)' },
      { tag: tags.invalid, color: 'var(--bad)' },
    ]),
  ),
];
