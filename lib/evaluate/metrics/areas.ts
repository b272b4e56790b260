import type { SweptPolicyKind } from '../../policy/policy.ts';
import type { PolicyArea } from '../areas.ts';
import type { FigureSpec, Metric } from '../metric.ts';

const specs: readonly (FigureSpec & { readonly name: keyof PolicyArea })[] = [
  { name: 'gapClosed', label: 'gap closed', unit: 'share', better: 'higher' },
  {
    name: 'gapClosedAsChosen',
    label: 'gap closed, as chosen on validation',
    unit: 'share',
    better: 'higher',
  },
  { name: 'area', label: 'area', unit: 'quality', better: 'higher' },
  { name: 'boundedArqgc', label: 'bounded-ARQGC', unit: 'quality', better: 'higher' },
  { name: 'aiq', label: 'AIQ', unit: 'quality', better: 'higher' },
];

/** Areas under the cost-quality hull: plain names for the headline policy, "tolerance.area" for the other one. */
export const areaMetric: Metric = ({ policy: headline, onValidation }) => {
  const policies: readonly SweptPolicyKind[] =
    headline === 'utility' ? ['utility', 'tolerance'] : ['tolerance', 'utility'];
  const wanted = specs.filter(({ name }) => onValidation !== null || name !== 'gapClosedAsChosen');
  const figures = policies.flatMap((policy) =>
    wanted.map((spec) =>
      policy === headline
        ? spec
        : { ...spec, name: `${policy}.${spec.name}`, label: `${spec.label}, ${policy}` },
    ),
  );
  return {
    figures: [
      ...figures,
      { name: 'areaOverZero', label: 'area over the zero router', unit: 'quality', better: 'higher' },
    ],
    measure: ({ areas }) => [
      ...policies.flatMap((policy) => wanted.map(({ name }) => areas.policies[policy][name])),
      areas.policies[headline].area - areas.zero,
    ],
  };
};
