/** What a reviewer says of somebody's label. */
export const reviewVerdicts = ['accepted', 'rejected'] as const;
export type ReviewVerdict = (typeof reviewVerdicts)[number];
