import assert from 'node:assert/strict';
import { test } from 'node:test';
import { monthStarts, yearsOf } from '../../javascript/gallery/lib/calendar.mjs';

test('a year has each of its days once, in weeks from Monday on', () => {
  for (const [year, days] of [
    [2023, 365],
    [2024, 366],
    [2018, 365],
    [1999, 365],
  ]) {
    const [{ weeks }] = yearsOf([{ day: `${year}-06-01`, count: 1 }]);
    const cells = weeks.flat();
    assert.ok(weeks.every((week) => week.length === 7));
    assert.equal(cells.filter(Boolean).length, days);
    for (const [i, cell] of cells.entries())
      if (cell) assert.equal((new Date(`${cell.day}T00:00Z`).getUTCDay() + 6) % 7, i % 7);
    assert.equal(monthStarts({ year, weeks }).length, 12);
  }
});

test('years without files are left out, and the newest comes first', () => {
  const days = ['2021-12-31', '2024-01-01', '2024-02-29'].map((day) => ({ day, count: 1 }));
  const years = yearsOf(days);
  assert.deepEqual(
    years.map(({ year }) => year),
    [2024, 2021],
  );
  assert.deepEqual(
    years[0].weeks
      .flat()
      .filter((cell) => cell?.count)
      .map((cell) => cell?.day),
    ['2024-01-01', '2024-02-29'],
  );
  assert.deepEqual(yearsOf([]), []);
});

test('more files are never lighter, and a single one is seen beside thousands', () => {
  const days = [0, 1, 2, 10, 100, 5000].map((count, i) => ({ day: `2024-03-0${i + 1}`, count }));
  const cells = yearsOf(days)[0].weeks.flat();
  const levels = days.map(({ day }) => cells.find((cell) => cell?.day === day)?.level ?? -1);
  assert.deepEqual(levels, [...levels].sort());
  assert.deepEqual([levels[0], levels[1], levels[5]], [0, 1, 4]);
});
