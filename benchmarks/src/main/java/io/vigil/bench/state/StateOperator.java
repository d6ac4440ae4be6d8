package io.vigil.bench.state;

import org.apache.flink.runtime.state.StateInitializationContext;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;

/** A side as Flink runs it: keyed by account, on the keyed state of its back end. */
final class StateOperator extends AbstractStreamOperator<Void>
    implements OneInputStreamOperator<Payment, Void> {
  private static final long serialVersionUID = 1L;

  // The harness runs this very instance.
  private final transient StateSide side;
  private final transient Operations operations;
  private final transient Answers answers;
  private final transient double[] features;

  StateOperator(StateSide side, int features, Operations operations, Answers answers) {
    this.side = side;
    this.operations = operations;
    this.answers = answers;
    this.features = new double[features];
  }

  @Override
  public void initializeState(StateInitializationContext context) throws Exception {
    super.initializeState(context);
    side.open(context.getKeyedStateStore(), this::setCurrentKey, operations);
  }

  @Override
  public void processElement(StreamRecord<Payment> element) throws Exception {
    side.apply(element.getValue(), features);
    answers.accept(features);
  }

  /** Applies the first payment of an account, and answers nothing. */
  void first(Payment payment) throws Exception {
    setCurrentKey(payment.account());
    side.first(payment, features);
  }

  void flush() throws Exception {
    side.flush();
  }
}
