/** The page's entry. */
import { render } from 'preact';

const root = document.getElementById('app');
if (root === null) throw new Error('Invariant violation: the page has no #app');
render(<h1>systole</h1>, root);
