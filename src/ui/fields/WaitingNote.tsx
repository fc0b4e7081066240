/** Says beside the settings when a change of them takes effect. Always there, so that a screen reader hears it come. */
export function WaitingNote({ until }: { until: 'next block' | 'next text' | 'next answer' | null }) {
  return (
    <p className="waiting" role="status">
      {until ? `Takes effect with the ${until}` : ''}
    </p>
  );
}
