package io.vigil.job.order;

import static org.assertj.core.api.Assertions.assertThat;

import io.vigil.job.record.EntityRequest;
import io.vigil.job.record.Kind;
import io.vigil.model.order.Ordered;
import java.util.ArrayList;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OrderBufferTest {

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void takesOutWhatAPriorityQueueWould(long seed) {
    Random random = new Random(seed);
    OrderBuffer<EntityRequest> buffer = new OrderBuffer<>();
    PriorityQueue<EntityRequest> expected = new PriorityQueue<>(Ordered.EFFECTIVE_ORDER);
    for (int step = 0; step < 20_000; step++) {
      if (random.nextInt(3) > 0) {
        // Few times and ids, so that every level of the order decides now and then.
        EntityRequest record =
            new EntityRequest(
                "k",
                0,
                random.nextInt(4) == 0 ? Kind.LABEL : Kind.TRANSACTION,
                Integer.toString(random.nextInt(200)),
                "s",
                random.nextInt(50),
                0,
                random.nextInt(3),
                step,
                new long[0]);
        buffer.add(record);
        expected.add(record);
      } else {
        long untilMs = random.nextInt(60);
        EntityRequest next = expected.peek();
        boolean due = next != null && next.effectiveTimeMs() <= untilMs;
        assertThat(buffer.poll(untilMs)).isSameAs(due ? expected.poll() : null);
      }
      assertThat(buffer.size()).isEqualTo(expected.size());
    }

    assertThat(buffer.waiting()).containsExactlyInAnyOrderElementsOf(expected);

    List<EntityRequest> rest = new ArrayList<>();
    for (EntityRequest next = buffer.poll(60); next != null; next = buffer.poll(60)) {
      rest.add(next);
    }
    assertThat(rest).isSortedAccordingTo(Ordered.EFFECTIVE_ORDER).hasSameSizeAs(expected);
  }
}
