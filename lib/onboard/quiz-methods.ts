/**
 * How prompts are picked: 'information' takes those whose answers are expected to tell the most (see `pickInformative`), 'strata'
 * the most discriminating of each difficulty, spread over clusters, as LLM Bandit does (see `selectQuiz`).
 */
export type QuizMethod = (typeof quizMethods)[number];
export const quizMethods = ['information', 'strata'] as const;
