/** tfjs's own backend in plain JavaScript: what a spec of tfjs-core must do, in the environment at hand. */
import '@tensorflow/tfjs-backend-cpu';
import { testBackend } from '../test-backend';

testBackend('cpu');
