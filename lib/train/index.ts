/** `pointsman/train`: training, evaluating and comparing routers from code, as the command line does. */
export type { Interval } from '../evaluate/bootstrap.ts';
export type { ComparedRouter, Comparison, Difference } from '../evaluate/compare.ts';
export type { Evaluation } from '../evaluate/evaluation.ts';
export type { LeftOutResult, LeftOutSource, MeanOverSources } from '../evaluate/left-out.ts';
export type { Figure, FigureSpec, FigureUnit } from '../evaluate/metric.ts';
export type { PolicyTrainingSettings } from '../policy-network/settings.ts';
export type { RowChoice } from './choose-rows.ts';
export { type CompareRoutersOptions, compareRouters } from './compare-routers.ts';
export type { DescribePrompts } from './describe-prompts.ts';
export type { JobProgress } from './embed-table.ts';
export { type EvaluateRouterOptions, evaluateRouter, type RouterEvaluation } from './evaluate-router.ts';
export { type ListTasksOptions, listTasks, type RouterTask, type TaskModel } from './list-tasks.ts';
export { type MakeQuizOptions, makeQuiz, type Quiz } from './make-quiz.ts';
export { type OnboardedRouter, type OnboardModelOptions, onboardModel } from './onboard-model.ts';
export { type RefitRouterOptions, type RefittedRouter, refitRouter } from './refit-router.ts';
export { type TrainedRouter, type TrainRouterOptions, trainRouter } from './train-router.ts';
