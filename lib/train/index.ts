/** `pointsman/train`: training and evaluating routers from code, as the command line does. */
export type { Evaluation } from '../evaluate/evaluation.ts';
export type { JobProgress } from './embed-table.ts';
export { type EvaluateRouterOptions, evaluateRouter, type RowChoice } from './evaluate-router.ts';
export { type OnboardedRouter, type OnboardModelOptions, onboardModel } from './onboard-model.ts';
export { type TrainedRouter, type TrainRouterOptions, trainRouter } from './train-router.ts';
