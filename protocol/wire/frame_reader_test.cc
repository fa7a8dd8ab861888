#include "protocol/wire/frame_reader.h"

#include <random>
#include <vector>

#include "protocol/wire/copy_data.h"
#include "protocol/wire/frontend/query.h"
#include "protocol/wire/frontend/startup_request.h"
#include "protocol/wire/frontend/sync.h"
#include "protocol/wire/test_support.h"

namespace pgtandem::wire {
namespace {

using namespace std::string_view_literals;

TEST(frame_reader, byte_by_byte) {
  const std::string stream = encoded(query{"select 1"}) + encoded(sync{});
  frame_reader reader;
  std::vector<std::string> seen;
  for (std::size_t i = 0; i < stream.size(); ++i) {
    reader.append(stream.substr(i, 1));
    for (frame_view f; reader.next(f);) seen.emplace_back(f.raw);
  }
  EXPECT_EQ(seen, (std::vector{encoded(query{"select 1"}), encoded(sync{})}));
  EXPECT_EQ(reader.buffered(), 0u);
  EXPECT_FALSE(reader.malformed());
}

TEST(frame_reader, pieces_of_any_size) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  std::string stream;
  std::vector<std::string> want;
  for (int i = 0; i < 2000; ++i) {
    const std::size_t size = i % 100 == 0 ? random() % 300000 : random() % 200;
    const std::string text(size, static_cast<char>('a' + i % 26));
    want.push_back(encoded(copy_data{text}));
    stream += want.back();
  }
  frame_reader reader;
  std::size_t seen = 0;
  for (std::size_t at = 0; at < stream.size();) {
    const std::size_t n = std::min<std::size_t>(stream.size() - at, random() % 5000);
    reader.append(std::string_view(stream).substr(at, n));
    at += n;
    // Not always to the end: what stays must be found behind the next piece.
    for (frame_view f; random() % 8 != 0 && reader.next(f); ++seen) ASSERT_EQ(f.raw, want[seen]);
  }
  for (frame_view f; reader.next(f); ++seen) ASSERT_EQ(f.raw, want[seen]);
  EXPECT_EQ(seen, want.size());
  EXPECT_EQ(reader.buffered(), 0u);
}

TEST(frame_reader, a_large_message_in_small_pieces) {
  constexpr std::size_t size = 32 << 20;
  std::string text(size, 'x');
  text.back() = 'y';
  const std::string message = encoded(copy_data{text});
  frame_reader reader;
  reader.append(encoded(sync{}));
  frame_view f;
  ASSERT_TRUE(reader.next(f));
  constexpr std::size_t piece = 1000;
  for (std::size_t at = 0; at < message.size(); at += piece) {
    ASSERT_FALSE(reader.next(f));
    reader.append(std::string_view(message).substr(at, piece));
  }
  ASSERT_TRUE(reader.next(f));
  EXPECT_EQ(f.raw.size(), message.size());
  EXPECT_TRUE(f.raw == message);
  EXPECT_GE(reader.capacity(), size);

  // Its memory goes back with the next bytes.
  reader.append(encoded(sync{}));
  EXPECT_LT(reader.capacity(), 100000u);
  ASSERT_TRUE(reader.next(f));
  EXPECT_EQ(f.type, 'S');
}

// Many small messages arriving in one large piece, taken out one at a time between small appends: the buffer
// must not be moved for each of them.
TEST(frame_reader, compacting_moves_each_byte_a_bounded_number_of_times) {
  constexpr int messages = 400000;
  const std::string one = encoded(query{"select 1"});
  std::string stream;
  for (int i = 0; i < messages; ++i) stream += one;
  frame_reader reader;
  reader.append(stream);
  int moves = 0;
  frame_view f;
  const char* end = nullptr;
  for (int i = 0; i < messages; ++i) {
    ASSERT_TRUE(reader.next(f));
    ASSERT_EQ(f.raw, one);
    // While the buffer is not moved each message lies right behind the one before.
    if (end && f.raw.data() != end) ++moves;
    end = f.raw.data() + f.raw.size();
    reader.append(one.substr(0, 1));
    reader.append(one.substr(1));
  }
  EXPECT_LT(moves, 40);
  EXPECT_EQ(reader.buffered(), stream.size());
}

TEST(frame_reader, malformed_is_for_good_but_what_came_before_is_read) {
  frame_reader reader;
  reader.append(encoded(sync{}) + std::string("Q\0\0\0\3", 5));
  frame_view f;
  ASSERT_TRUE(reader.next(f));
  EXPECT_FALSE(reader.malformed());
  EXPECT_FALSE(reader.next(f));
  EXPECT_TRUE(reader.malformed());
  reader.append(encoded(sync{}));
  EXPECT_FALSE(reader.next(f));
  EXPECT_FALSE(reader.next_startup(f));
  EXPECT_TRUE(reader.malformed());
}

TEST(frame_reader, a_hostile_length_is_refused_at_its_header) {
  for (const auto header : {"d\x7f\xff\xff\xff"sv, "d\xff\xff\xff\xff"sv, "d\0\0\0\0"sv}) {
    frame_reader reader;
    frame_view f;
    reader.append(header);
    EXPECT_FALSE(reader.next(f));
    EXPECT_TRUE(reader.malformed());
  }
}

TEST(frame_reader, the_claim_of_a_large_message_takes_no_memory) {
  frame_reader reader;
  frame_view f;
  reader.append("d\x3f\xff\xff\xff"sv);
  EXPECT_FALSE(reader.next(f));
  EXPECT_FALSE(reader.malformed());
  EXPECT_LT(reader.capacity(), 1000u);
}

TEST(frame_reader, the_limit_can_change_between_messages) {
  const std::string large = encoded(query{std::string(70000, 'x')});
  frame_reader reader(auth_length);
  frame_view f;
  reader.append(encoded(sync{}) + large);
  ASSERT_TRUE(reader.next(f));
  reader.set_length_limit(any_length);
  ASSERT_TRUE(reader.next(f));
  EXPECT_EQ(f.raw, large);
  reader.set_length_limit(auth_length);
  reader.append(large);
  EXPECT_FALSE(reader.next(f));
  EXPECT_TRUE(reader.malformed());
}

TEST(frame_reader, startup_packets_then_messages) {
  frame_reader reader;
  frame_view f;
  const std::string packet = encoded(ssl_request{});
  reader.append(packet.substr(0, 5));
  EXPECT_FALSE(reader.next_startup(f));
  reader.append(packet.substr(5) + encoded(sync{}));
  ASSERT_TRUE(reader.next_startup(f));
  EXPECT_EQ(f.raw, packet);
  EXPECT_EQ(reader.buffered(), 5u);  // plain text behind an SSLRequest: for the session to refuse
  ASSERT_TRUE(reader.next(f));
  EXPECT_EQ(f.type, 'S');
}

TEST(frame_reader, a_large_message_can_be_taken_while_it_arrives) {
  const std::string message = encoded(copy_data{std::string(100000, 'x')});
  frame_reader reader;
  frame_view f;
  reader.append(message.substr(0, 60000));
  EXPECT_FALSE(reader.next(f));
  const auto header = reader.peek();
  ASSERT_TRUE(header);
  EXPECT_EQ(header->message_size(), message.size());
  std::string passed_on(reader.take(header->message_size()));
  EXPECT_EQ(passed_on.size(), 60000u);
  EXPECT_EQ(reader.buffered(), 0u);
  reader.append(message.substr(60000) + encoded(sync{}));
  passed_on += reader.take(header->message_size() - passed_on.size());
  EXPECT_EQ(passed_on, message);
  ASSERT_TRUE(reader.next(f));
  EXPECT_EQ(f.type, 'S');
}

}  // namespace
}  // namespace pgtandem::wire
