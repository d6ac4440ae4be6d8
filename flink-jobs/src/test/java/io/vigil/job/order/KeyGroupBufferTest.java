package io.vigil.job.order;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vigil.job.record.EntityRequest;
import io.vigil.job.record.Kind;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RunnableFuture;
import org.apache.flink.api.common.TaskInfoImpl;
import org.apache.flink.core.fs.CloseableRegistry;
import org.apache.flink.runtime.execution.Environment;
import org.apache.flink.runtime.state.CheckpointStateOutputStream;
import org.apache.flink.runtime.state.KeyGroupRange;
import org.apache.flink.runtime.state.StateSnapshotContextSynchronousImpl;
import org.apache.flink.runtime.state.memory.MemCheckpointStreamFactory;
import org.apache.flink.runtime.state.memory.MemCheckpointStreamFactory.MemoryCheckpointOutputStream;
import org.junit.jupiter.api.Test;

class KeyGroupBufferTest {
  private static final int GROUPS = 16;
  private static final long CHECKPOINT = 7;

  private final List<Long> declined = new ArrayList<>();

  /** A store that takes no byte until it is told that there is room again. */
  private static final class FullStore extends MemCheckpointStreamFactory {
    private boolean full = true;

    FullStore() {
      super(1 << 20);
    }

    @Override
    public CheckpointStateOutputStream createCheckpointStateOutputStream(
        org.apache.flink.runtime.state.CheckpointedStateScope scope) {
      return new MemoryCheckpointOutputStream(1 << 20) {
        @Override
        public void write(byte[] bytes, int from, int length) throws IOException {
          if (full) {
            throw new IOException("No space left on device");
          }
          super.write(bytes, from, length);
        }

        @Override
        public void write(int one) throws IOException {
          write(new byte[] {(byte) one}, 0, 1);
        }
      };
    }
  }

  private Environment environment() {
    return (Environment)
        Proxy.newProxyInstance(
            Environment.class.getClassLoader(),
            new Class<?>[] {Environment.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals("getTaskInfo")) {
                return new TaskInfoImpl("task", GROUPS, 0, 1, 0);
              }
              assertThat(method.getName()).isEqualTo("declineCheckpoint");
              declined.add((Long) arguments[0]);
              return null;
            });
  }

  private static EntityRequest request(String id) {
    return new EntityRequest(id, 0, Kind.TRANSACTION, id, id, 1, 1, 0, 0, new long[] {1});
  }

  @Test
  void aStoreWithoutRoomFailsTheCheckpointAndNotTheTask() throws Exception {
    FullStore store = new FullStore();
    StateSnapshotContextSynchronousImpl context =
        new StateSnapshotContextSynchronousImpl(
            CHECKPOINT, 0, store, KeyGroupRange.of(0, GROUPS - 1), new CloseableRegistry());

    KeyGroupBuffer.snapshot(
        context,
        environment(),
        EntityRequest.WIRE,
        List.of(request("a"), request("b")),
        EntityRequest::key);

    assertThat(declined).containsExactly(CHECKPOINT);
    // Half of it must become no state, even when there is room by then.
    store.full = false;
    RunnableFuture<?> handle = context.getKeyedStateStreamFuture();
    Thread.currentThread().interrupt(); // As Flink does when the checkpoint is over.
    handle.run();
    Thread.interrupted();
    assertThatThrownBy(handle::get)
        .isInstanceOf(ExecutionException.class)
        .hasCauseInstanceOf(IOException.class);
  }
}
