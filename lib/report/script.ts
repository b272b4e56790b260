/**
 * The page's script: reads the slider's data and moves the markers, the table and the bars. It computes nothing, so that
 * what the page shows is what the evaluation found. No network, no dependencies; plain JavaScript of 2020.
 */
export const script = `'use strict';
(() => {
  const data = JSON.parse(document.getElementById('slider-data').textContent);
  const policy = document.getElementById('policy');
  const setting = document.getElementById('setting');
  const show = () => {
    const routers = data[policy.value];
    const position = Number(setting.value);
    const isTolerance = policy.value === 'tolerance';
    document.getElementById('setting-name').textContent = isTolerance ? 'Tolerance' : 'Cost weight';
    const settings = new Set(routers.map((points) => points[position].cells[0]));
    document.getElementById('setting-value').textContent = settings.size === 1 ? [...settings][0] : 'see below';
    routers.forEach((points, router) => {
      const { x, y, cells, shares } = points[position];
      const marker = document.getElementById('marker-' + router);
      marker.setAttribute('cx', x);
      marker.setAttribute('cy', y);
      cells.forEach((text, cell) => {
        document.querySelector('[data-router="' + router + '"][data-cell="' + cell + '"]').textContent = text;
      });
      document.querySelectorAll('[data-share-router="' + router + '"]').forEach((bar) => {
        const share = shares[Number(bar.dataset.shareModel)];
        bar.firstElementChild.style.width = share + '%';
        bar.lastElementChild.textContent = share === 0 ? '' : share.toFixed(1) + ' %';
      });
    });
  };
  policy.addEventListener('change', show);
  setting.addEventListener('input', show);
  show();
})();
`;
