/** Real weights as the B operand of a case, and what narrow formats cost in accuracy on them. */
export { checkWeights, distanceFromFloat64, type Accuracy, type GivenOperands } from './accuracy';
export { loadWeights, type Weights, type WeightsLayout, type WeightsRequest } from './load';
