package io.vigil.bench.scoring;

import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;

/** Counts what passes and marks the end of the {@link Passage}. */
final class CountOperator<T> extends AbstractStreamOperator<T>
    implements OneInputStreamOperator<T, T> {
  private static final long serialVersionUID = 1L;

  private long rows;

  @Override
  public void processElement(StreamRecord<T> element) {
    rows++;
    output.collect(element);
  }

  @Override
  public void finish() throws Exception {
    Passage.end(rows);
    super.finish();
  }
}
