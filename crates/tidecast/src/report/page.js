// Sorts a table by the column whose title is clicked; a second click turns the order round. Unknown values stay last.
for (const table of document.querySelectorAll('table')) {
  const body = table.tBodies[0];
  table.tHead.addEventListener('click', (event) => {
    const button = event.target.closest('button');
    if (!button) return;
    const head = button.parentElement;
    const descending = head.getAttribute('aria-sort') === 'ascending';
    for (const other of head.parentElement.children) other.removeAttribute('aria-sort');
    head.setAttribute('aria-sort', descending ? 'descending' : 'ascending');
    const numeric = button.dataset.kind === 'number';
    const key = (row) => row.cells[head.cellIndex].dataset.value;
    const names = new Intl.Collator('en', { numeric: true });
    const rows = [...body.rows].sort((a, b) => {
      const [left, right] = [key(a), key(b)];
      if (left === '' || right === '') return (left === '') - (right === '');
      const order = numeric ? left - right : names.compare(left, right);
      return descending ? -order : order;
    });
    body.append(...rows);
  });
}

// Shows the chart of the series that is chosen.
const another = document.querySelector('#another');
another?.addEventListener('change', () => {
  for (const { value } of another.options) document.getElementById(value).hidden = value !== another.value;
});
